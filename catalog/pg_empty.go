package catalog

var _ = pgTable(2602, "pg_amop", `
	oid oid, amopfamily oid, amoplefttype oid, amoprighttype oid, amopstrategy int2, amoppurpose char, amopopr oid, amopmethod oid, amopsortfamily oid`, nil)

var _ = pgTable(2603, "pg_amproc", `
	oid oid, amprocfamily oid, amproclefttype oid, amprocrighttype oid, amprocnum int2, amproc regproc`, nil)

var _ = pgTable(1261, "pg_auth_members", `
	roleid oid, member oid, grantor oid, admin_option bool`, nil)

var _ = pgTable(2607, "pg_conversion", `
	oid oid, conname name, connamespace oid, conowner oid, conforencoding int4, contoencoding int4, conproc regproc, condefault bool`, nil)

var _ = pgTable(2964, "pg_db_role_setting", `
	setdatabase oid, setrole oid, setconfig _text`, nil)

var _ = pgTable(826, "pg_default_acl", `
	oid oid, defaclrole oid, defaclnamespace oid, defaclobjtype char, defaclacl _aclitem`, nil)

var _ = pgTable(2609, "pg_description", `
	objoid oid, classoid oid, objsubid int4, description text`, nil)

var _ = pgTable(3501, "pg_enum", `
	oid oid, enumtypid oid, enumsortorder float4, enumlabel name`, nil)

var _ = pgTable(3466, "pg_event_trigger", `
	oid oid, evtname name, evtevent name, evtowner oid, evtfoid oid, evtenabled char, evttags _text`, nil)

var _ = pgTable(3079, "pg_extension", `
	oid oid, extname name, extowner oid, extnamespace oid, extrelocatable bool, extversion text, extconfig _oid, extcondition _text`, nil)

var _ = pgTable(2328, "pg_foreign_data_wrapper", `
	oid oid, fdwname name, fdwowner oid, fdwhandler oid, fdwvalidator oid, fdwacl _aclitem, fdwoptions _text`, nil)

var _ = pgTable(1417, "pg_foreign_server", `
	oid oid, srvname name, srvowner oid, srvfdw oid, srvtype text, srvversion text, srvacl _aclitem, srvoptions _text`, nil)

var _ = pgTable(3118, "pg_foreign_table", `
	ftrelid oid, ftserver oid, ftoptions _text`, nil)

var _ = pgTable(2611, "pg_inherits", `
	inhrelid oid, inhparent oid, inhseqno int4, inhdetachpending bool`, nil)

var _ = pgTable(3394, "pg_init_privs", `
	objoid oid, classoid oid, objsubid int4, privtype char, initprivs _aclitem`, nil)

var _ = pgTable(2613, "pg_largeobject", `
	loid oid, pageno int4, data bytea`, nil)

var _ = pgTable(2995, "pg_largeobject_metadata", `
	oid oid, lomowner oid, lomacl _aclitem`, nil)

var _ = pgTable(2753, "pg_opfamily", `
	oid oid, opfmethod oid, opfname name, opfnamespace oid, opfowner oid`, nil)

var _ = pgTable(6243, "pg_parameter_acl", `
	oid oid, parname text, paracl _aclitem`, nil)

var _ = pgTable(3350, "pg_partitioned_table", `
	partrelid oid, partstrat char, partnatts int2, partdefid oid, partattrs int2vector, partclass oidvector, partcollation oidvector,
	partexprs pg_node_tree`, nil)

var _ = pgTable(3256, "pg_policy", `
	oid oid, polname name, polrelid oid, polcmd char, polpermissive bool, polroles _oid, polqual pg_node_tree, polwithcheck pg_node_tree`, nil)

var _ = pgTable(6104, "pg_publication", `
	oid oid, pubname name, pubowner oid, puballtables bool, pubinsert bool, pubupdate bool, pubdelete bool, pubtruncate bool, pubviaroot bool`, nil)

var _ = pgTable(6237, "pg_publication_namespace", `
	oid oid, pnpubid oid, pnnspid oid`, nil)

var _ = pgTable(6106, "pg_publication_rel", `
	oid oid, prpubid oid, prrelid oid, prqual pg_node_tree, prattrs int2vector`, nil)

var _ = pgTable(3541, "pg_range", `
	rngtypid oid, rngsubtype oid, rngmultitypid oid, rngcollation oid, rngsubopc oid, rngcanonical regproc, rngsubdiff regproc`, nil)

var _ = pgTable(6000, "pg_replication_origin", `
	roident oid, roname text`, nil)

var _ = pgTable(3596, "pg_seclabel", `
	objoid oid, classoid oid, objsubid int4, provider text, label text`, nil)

var _ = pgTable(1214, "pg_shdepend", `
	dbid oid, classid oid, objid oid, objsubid int4, refclassid oid, refobjid oid, deptype char`, nil)

var _ = pgTable(2396, "pg_shdescription", `
	objoid oid, classoid oid, description text`, nil)

var _ = pgTable(3592, "pg_shseclabel", `
	objoid oid, classoid oid, provider text, label text`, nil)

var _ = pgTable(2619, "pg_statistic", `
	starelid oid, staattnum int2, stainherit bool, stanullfrac float4, stawidth int4, stadistinct float4, stakind1 int2, stakind2 int2, stakind3 int2,
	stakind4 int2, stakind5 int2, staop1 oid, staop2 oid, staop3 oid, staop4 oid, staop5 oid, stacoll1 oid, stacoll2 oid, stacoll3 oid, stacoll4 oid,
	stacoll5 oid, stanumbers1 _float4, stanumbers2 _float4, stanumbers3 _float4, stanumbers4 _float4, stanumbers5 _float4, stavalues1 anyarray,
	stavalues2 anyarray, stavalues3 anyarray, stavalues4 anyarray, stavalues5 anyarray`, nil)

var _ = pgTable(3381, "pg_statistic_ext", `
	oid oid, stxrelid oid, stxname name, stxnamespace oid, stxowner oid, stxstattarget int4, stxkeys int2vector, stxkind _char, stxexprs pg_node_tree`, nil)

var _ = pgTable(3429, "pg_statistic_ext_data", `
	stxoid oid, stxdinherit bool, stxdndistinct pg_ndistinct, stxddependencies pg_dependencies, stxdmcv pg_mcv_list, stxdexpr _pg_statistic`, nil)

var _ = pgTable(6100, "pg_subscription", `
	oid oid, subdbid oid, subskiplsn pg_lsn, subname name, subowner oid, subenabled bool, subbinary bool, substream bool, subtwophasestate char,
	subdisableonerr bool, subconninfo text, subslotname name, subsynccommit text, subpublications _text`, nil)

var _ = pgTable(6102, "pg_subscription_rel", `
	srsubid oid, srrelid oid, srsubstate char, srsublsn pg_lsn`, nil)

var _ = pgTable(3576, "pg_transform", `
	oid oid, trftype oid, trflang oid, trffromsql regproc, trftosql regproc`, nil)

var _ = pgTable(2620, "pg_trigger", `
	oid oid, tgrelid oid, tgparentid oid, tgname name, tgfoid oid, tgtype int2, tgenabled char, tgisinternal bool, tgconstrrelid oid, tgconstrindid oid,
	tgconstraint oid, tgdeferrable bool, tginitdeferred bool, tgnargs int2, tgattr int2vector, tgargs bytea, tgqual pg_node_tree, tgoldtable name,
	tgnewtable name`, nil)

var _ = pgTable(3602, "pg_ts_config", `
	oid oid, cfgname name, cfgnamespace oid, cfgowner oid, cfgparser oid`, nil)

var _ = pgTable(3603, "pg_ts_config_map", `
	mapcfg oid, maptokentype int4, mapseqno int4, mapdict oid`, nil)

var _ = pgTable(3600, "pg_ts_dict", `
	oid oid, dictname name, dictnamespace oid, dictowner oid, dicttemplate oid, dictinitoption text`, nil)

var _ = pgTable(3601, "pg_ts_parser", `
	oid oid, prsname name, prsnamespace oid, prsstart regproc, prstoken regproc, prsend regproc, prsheadline regproc, prslextype regproc`, nil)

var _ = pgTable(3764, "pg_ts_template", `
	oid oid, tmplname name, tmplnamespace oid, tmplinit regproc, tmpllexize regproc`, nil)

var _ = pgTable(1418, "pg_user_mapping", `
	oid oid, umuser oid, umserver oid, umoptions _text`, nil)
