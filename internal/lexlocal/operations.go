package lexlocal

import (
	"maps"
	"net/http"
	"slices"
)

// Paths that many operations begin with.
const (
	sessionRoute = "/bots/{botId}/botAliases/{aliasId}/botLocales/{localeId}/sessions/{sessionId}"
	versionRoute = "/bots/{botId}/botversions/{botVersion}"
	localeRoute  = versionRoute + "/botlocales/{localeId}"
)

// runtimeRoutes and modelsRoutes are the operations of the two APIs by their paths,
// which are those of the SDKs without the slash at the end that some clients add to
// some of them.
var runtimeRoutes = map[string]operation{
	"POST " + sessionRoute + "/text":      {"RecognizeText", (*request).recognizeText},
	"POST " + sessionRoute + "/utterance": {"RecognizeUtterance", (*request).recognizeUtterance},
	"POST " + sessionRoute:                {"PutSession", (*request).putSession},
	"GET " + sessionRoute:                 {"GetSession", (*request).getSession},
	"DELETE " + sessionRoute:              {"DeleteSession", (*request).deleteSession},
}

var modelsRoutes = map[string]operation{
	"POST /bots":           {"ListBots", (*request).listBots},
	"GET /bots/{botId}":    {"DescribeBot", (*request).describeBot},
	"DELETE /bots/{botId}": {"DeleteBot", (*request).deleteBot},

	"POST /bots/{botId}/botaliases":             {"ListBotAliases", (*request).listBotAliases},
	"PUT /bots/{botId}/botaliases":              {"CreateBotAlias", (*request).createBotAlias},
	"GET /bots/{botId}/botaliases/{aliasId}":    {"DescribeBotAlias", (*request).describeBotAlias},
	"PUT /bots/{botId}/botaliases/{aliasId}":    {"UpdateBotAlias", (*request).updateBotAlias},
	"DELETE /bots/{botId}/botaliases/{aliasId}": {"DeleteBotAlias", (*request).deleteBotAlias},

	"POST /bots/{botId}/botversions": {"ListBotVersions", (*request).listBotVersions},
	"PUT /bots/{botId}/botversions":  {"CreateBotVersion", (*request).createBotVersion},
	"GET " + versionRoute:            {"DescribeBotVersion", (*request).describeBotVersion},
	"DELETE " + versionRoute:         {"DeleteBotVersion", (*request).deleteBotVersion},

	"POST " + versionRoute + "/botlocales": {"ListBotLocales", (*request).listBotLocales},
	"GET " + localeRoute:                   {"DescribeBotLocale", (*request).describeBotLocale},
	"POST " + localeRoute:                  {"BuildBotLocale", (*request).buildBotLocale},

	"POST " + localeRoute + "/intents":                          {"ListIntents", (*request).listIntents},
	"GET " + localeRoute + "/intents/{intentId}":                {"DescribeIntent", (*request).describeIntent},
	"POST " + localeRoute + "/intents/{intentId}/slots":         {"ListSlots", (*request).listSlots},
	"GET " + localeRoute + "/intents/{intentId}/slots/{slotId}": {"DescribeSlot", (*request).describeSlot},
	"POST " + localeRoute + "/slottypes":                        {"ListSlotTypes", (*request).listSlotTypes},
	"GET " + localeRoute + "/slottypes/{slotTypeId}":            {"DescribeSlotType", (*request).describeSlotType},

	"POST /bots/{botId}/replicas":                {"ListBotReplicas", (*request).listBotReplicas},
	"GET /bots/{botId}/replicas/{replicaRegion}": {"DescribeBotReplica", (*request).describeBotReplica},

	"PUT /exports":               {"CreateExport", (*request).createExport},
	"POST /exports":              {"ListExports", (*request).listExports},
	"GET /exports/{exportId}":    {"DescribeExport", (*request).describeExport},
	"DELETE /exports/{exportId}": {"DeleteExport", (*request).deleteExport},

	"POST /createuploadurl":      {"CreateUploadUrl", (*request).createUploadURL},
	"PUT /imports":               {"StartImport", (*request).startImport},
	"POST /imports":              {"ListImports", (*request).listImports},
	"GET /imports/{importId}":    {"DescribeImport", (*request).describeImport},
	"DELETE /imports/{importId}": {"DeleteImport", (*request).deleteImport},
}

// transferRoutes are what Lex leaves to S3.
var transferRoutes = map[string]operation{
	"PUT /uploads/{importId}/{token}":   {"Upload", (*request).upload},
	"GET /downloads/{exportId}/{token}": {"Download", (*request).download},
}

// runtimeOperations are those of the runtime API, operationNames all.
var (
	runtimeOperations = namesOf(runtimeRoutes)
	operationNames    = slices.Concat(namesOf(modelsRoutes), namesOf(transferRoutes), runtimeOperations)
)

func namesOf(routes map[string]operation) []string {
	var names []string
	for _, op := range routes {
		names = append(names, op.name)
	}
	slices.Sort(names)
	return names
}

// routes returns what answers at each path.
func (s *Server) routes() *http.ServeMux {
	all := map[string]operation{"/": {"Unknown", (*request).unknown}}
	maps.Copy(all, runtimeRoutes)
	maps.Copy(all, modelsRoutes)
	maps.Copy(all, transferRoutes)
	mux := http.NewServeMux()
	for pattern, op := range all {
		mux.Handle(pattern, s.handler(op))
	}
	return mux
}
