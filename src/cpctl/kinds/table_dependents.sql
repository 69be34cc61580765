(
        with recursive parts as (
            select 'pg_class'::regclass::oid as classid, c.oid as objid
            union
            select d.classid, d.objid
            from parts p join pg_depend d
                on d.refclassid = p.classid and d.refobjid = p.objid and d.deptype in ('i', 'a')
        ), needs as (
            select d.classid, d.objid
            from parts p join pg_depend d
                on d.refclassid = p.classid and d.refobjid = p.objid and d.deptype = 'n'
            except
            select * from parts
        ), wholes as (
            -- A view needs it by its rule.
            select distinct coalesce(case when v.oid is not null then 'pg_class'::regclass::oid end, classid)
                as classid, coalesce(v.ev_class, objid) as objid
            from needs left join pg_rewrite v on classid = 'pg_rewrite'::regclass and v.oid = objid
        )
        select coalesce(json_agg(json_build_array(
            tn.nspname, t.relname,
            case when p.oid is not null
                 then format('function.%I.%I(%s)', pn.nspname, p.proname, oidvectortypes(p.proargtypes)) end,
            pg_describe_object(o.classid, o.objid, 0)) order by pg_describe_object(o.classid, o.objid, 0)),
            '[]')
        from wholes o
        left join pg_constraint k on o.classid = 'pg_constraint'::regclass and k.oid = o.objid
        left join pg_policy y on o.classid = 'pg_policy'::regclass and y.oid = o.objid
        left join pg_attrdef a on o.classid = 'pg_attrdef'::regclass and a.oid = o.objid
        left join (pg_class t join pg_namespace tn on tn.oid = t.relnamespace)
            on t.oid in (k.conrelid, y.polrelid, a.adrelid)
        left join (pg_proc p join pg_namespace pn on pn.oid = p.pronamespace)
            on o.classid = 'pg_proc'::regclass and p.oid = o.objid
    )
