package catalog

var _ = infoView(13325, "enabled_roles", `
	role_name name`, informationSchemaEnabledRoles)

func informationSchemaEnabledRoles(q *Request, w *rows) { w.add(str(q.User)) }
