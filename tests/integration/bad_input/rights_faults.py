"""Each right that an apply may lack, one at a time, and rows that a role cannot see."""

from __future__ import annotations

from tests.integration.bad_input.case import GOOD, HEAD, JOB, Server, at_top

_ROLE = "create role deploy login"
_USAGE = "grant usage on schema cron to deploy"
_PLACE = (_ROLE, _USAGE)
_RELOAD = "grant execute on function pg_reload_conf() to deploy"
_FILES = (
    "grant select on pg_file_settings to deploy",
    "grant execute on function pg_show_all_file_settings() to deploy",
)
_SYSTEM = "grant alter system on parameter app.x to deploy"
_THEIRS = ("set role deploy", "select cron.schedule('t_a', '0 0 * * *', 'SELECT 1')", "reset role")
_OURS = "defaults: {username: deploy}"
_SETTING = f"{HEAD}{_OURS}\nsettings: {{app.x: y}}\njobs: {{}}\n"
_UNREAD = "revoke select on cron.job from public"
_UNCALLED = "revoke execute on function cron.schedule(text,text,text) from public"
_UNREMOVED = "revoke execute on function cron.unschedule(bigint) from public"


def _back(statement: str) -> str:
    return statement.replace("revoke", "grant").replace(" from ", " to ")


def _refused(
    name: str,
    *given: str,
    says: str,
    remedy: str,
    place: str = "job.t_a",
    text: str = at_top(_OURS),
    undo: tuple[str, ...] = (),
    user: str = "deploy",
) -> Server:
    return Server(
        name,
        place,
        f"{says}.*Nothing was written",
        remedy,
        text=text,
        given=given,
        undo=undo,
        user=user,
        exit=3,
    )


SEEING = (
    _refused(
        "no USAGE on cron",
        _ROLE,
        place="",
        says="deploy may not.*cron",
        remedy="Remedy: GRANT USAGE ON SCHEMA cron TO deploy;$",
    ),
    _refused(
        "no SELECT on cron.job",
        *_PLACE,
        _UNREAD,
        undo=(_back(_UNREAD),),
        place="",
        says=r"deploy may not read cron\.job",
        remedy=r"Remedy: GRANT SELECT ON cron\.job TO deploy;$",
    ),
    _refused(
        "row security hides the owner",
        *_PLACE,
        "create role boss login",
        text=at_top("defaults: {username: boss}"),
        place="",
        says="row security hides the jobs of boss from deploy",
        remedy="GRANT boss TO deploy;.*BYPASSRLS",
    ),
    _refused(
        "row security hides others",
        *_PLACE,
        text=GOOD,
        place="",
        says="row security hides other owners' jobs from deploy",
        remedy="username: deploy",
    ),
    _refused(
        "not a member of the owner",
        *_PLACE,
        "alter role deploy bypassrls",
        "create role boss login",
        "grant usage on schema cron to boss",
        text=at_top("defaults: {username: boss}"),
        says="deploy may not.*boss",
        remedy="GRANT boss TO deploy;",
    ),
)

JOBS = (
    _refused(
        "no alter_job",
        *_PLACE,
        *_THEIRS,
        text=f"{HEAD}{_OURS}\njobs:\n{JOB}    active: false\n",
        says="deploy may not.*alter_job",
        remedy=r"GRANT EXECUTE ON FUNCTION cron\.alter_job\(bigint.*boolean\) TO deploy;",
    ),
    _refused(
        "no schedule_in_database",
        *_PLACE,
        "create database other",
        text=f"{HEAD}{_OURS}\njobs:\n{JOB}    database: other\n",
        says="deploy may not.*schedule_in_database",
        remedy=r"GRANT EXECUTE ON FUNCTION cron\.schedule_in_database\(.*\) TO deploy;",
    ),
    _refused(
        "no cron.schedule",
        *_PLACE,
        _UNCALLED,
        undo=(_back(_UNCALLED),),
        says="deploy may not.*schedule",
        remedy=r"GRANT EXECUTE ON FUNCTION cron\.schedule\(text,\s*text,\s*text\) TO deploy;",
    ),
    _refused(
        "no unschedule",
        *_PLACE,
        *_THEIRS,
        _UNREMOVED,
        undo=(_back(_UNREMOVED),),
        text=f"{HEAD}{_OURS}\nscope: {{jobs: [t_*]}}\njobs:\n{JOB.replace('t_a', 't_b')}",
        says="deploy may not.*unschedule",
        remedy=r"GRANT EXECUTE ON FUNCTION cron\.unschedule\(bigint\) TO deploy;",
    ),
    _refused(
        "owner without LOGIN",
        "create role boss nologin",
        "grant usage on schema cron to boss",
        user="postgres",
        text=at_top("defaults: {username: boss}"),
        says="boss.*log in|LOGIN",
        remedy="ALTER ROLE boss LOGIN;",
    ),
    _refused(
        "owner missing",
        user="postgres",
        text=at_top("defaults: {username: ghost}"),
        says="ghost.*does not exist",
        remedy="CREATE ROLE ghost LOGIN;",
    ),
    _refused(
        "job of another owner",
        *_PLACE,
        *_THEIRS,
        user="postgres",
        text=GOOD,
        says="exists and belongs to deploy; you are postgres",
        remedy="username: deploy",
    ),
)

SETTINGS = (
    _refused(
        "no ALTER SYSTEM",
        *_PLACE,
        _RELOAD,
        *_FILES,
        text=_SETTING,
        place="setting.app.x",
        says="deploy may not.*ALTER SYSTEM",
        remedy=r"GRANT ALTER SYSTEM ON PARAMETER app\.x TO deploy;",
    ),
    _refused(
        "no pg_reload_conf",
        *_PLACE,
        _SYSTEM,
        *_FILES,
        text=_SETTING,
        place="setting.app.x",
        says="deploy may not.*pg_reload_conf",
        remedy=r"GRANT EXECUTE ON FUNCTION pg_reload_conf\(\) TO deploy;",
    ),
    _refused(
        "no pg_file_settings",
        *_PLACE,
        _SYSTEM,
        _RELOAD,
        text=_SETTING,
        place="setting.app.x",
        says="deploy may not.*pg_file_settings",
        remedy=r"GRANT SELECT ON pg_file_settings.*pg_show_all_file_settings\(\) TO deploy;",
    ),
    _refused(
        "not the database's owner",
        *_PLACE,
        text=_SETTING.replace("settings:", "store: database\nsettings:"),
        place="setting.app.x",
        says="deploy may not.*ALTER DATABASE",
        remedy="ALTER DATABASE postgres OWNER TO deploy;|superuser",
    ),
    Server(
        "ALTER SYSTEM is off",
        "setting.app.x",
        "forbids ALTER SYSTEM.*Nothing was written",
        "allow_alter_system = on.*store: database",
        versions=("17",),
        cluster="fixed",
        text=at_top("settings: {app.x: y}"),
        exit=3,
    ),
    Server(
        "broken postgresql.conf",
        "setting.app.x",
        r"postgresql\.conf.*(:|line )\d+.*syntax error.*Nothing was written",
        "mend",
        cluster="broken",
        text=at_top("settings: {app.x: y}"),
        exit=3,
    ),
)
