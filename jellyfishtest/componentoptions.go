package jellyfishtest

import (
	"math/big"
	"path"
)

// The options of components, as the server's interface describes them.
var (
	subscribeModeOption = option{name: "subscribeMode", oneOf: []string{"auto", "manual"}, fallback: "auto"}
	s3Members           = []option{
		{name: "accessKeyId", required: true},
		{name: "secretAccessKey", required: true},
		{name: "region", required: true},
		{name: "bucket", required: true},
	}
	componentOptions = map[string][]option{
		"hls": {
			{name: "lowLatency", kind: booleanOption, fallback: false},
			{name: "persistent", kind: booleanOption, fallback: false},
			{name: "targetWindowDuration", kind: integerOption, nullable: true},
			subscribeModeOption,
		},
		"rtsp": {
			{name: "sourceUri", required: true},
			{name: "rtpPort", kind: integerOption, minimum: bound(1), maximum: bound(65535), fallback: 20000},
			{name: "reconnectDelay", kind: integerOption, minimum: bound(0), fallback: 15000},
			{name: "keepAliveInterval", kind: integerOption, minimum: bound(0), fallback: 15000},
			{name: "pierceNat", kind: booleanOption, fallback: true},
		},
		"file": {
			{name: "filePath", required: true},
			{name: "framerate", kind: integerOption, nullable: true},
		},
		"sip": {
			{name: "registrarCredentials", kind: objectOption, required: true, members: []option{
				{name: "address", required: true},
				{name: "username", required: true},
				{name: "password", required: true},
			}},
		},
		"recording": {
			{name: "pathPrefix", nullable: true},
			{name: "credentials", kind: objectOption, nullable: true, members: s3Members},
			subscribeModeOption,
		},
	}
	peerOptions = []option{{name: "enableSimulcast", kind: booleanOption, fallback: true}}
)

func bound(n int64) *int64 { return &n }

// properties returns what the server says of a component with these options, or
// the answer to options that it doesn't take.
func (r *room) properties(kind string, options map[string]any) (map[string]any, *answer) {
	cast, f := castOptions(options, componentOptions[kind])
	if f != nil {
		return nil, refuseOptions(kind, f)
	}
	switch kind {
	case "hls":
		cast["playable"], cast["s3"] = false, nil
	case "file":
		return r.fileProperties(cast)
	case "recording":
		if cast["credentials"] == nil {
			return nil, refusal(400, "S3 credentials has to be passed either by request or at application startup as envs")
		}
		return map[string]any{"subscribeMode": cast["subscribeMode"]}, nil
	}
	return cast, nil
}

// refuseOptions answers options with a fault. A missing one is named where the
// server looks at it.
func refuseOptions(kind string, f *fault) *answer {
	switch {
	case f.missing != "" && (!f.others || kind == "sip"):
		return refusal(400, `Required field "`+f.missing+`" missing`)
	case f.invalid == "framerate" && !f.others:
		return refusal(400, "Invalid framerate passed")
	}
	return refusal(400, invalidBody)
}

// fileProperties checks the options of a file component, in the server's order.
func (r *room) fileProperties(cast map[string]any) (map[string]any, *answer) {
	name := cast["filePath"].(string)
	exists, inside := r.hasFile(name)
	framerate, given := cast["framerate"].(*big.Int)
	video := path.Ext(name) == ".h264"
	switch {
	case !inside:
		return nil, refusal(400, "Invalid file path")
	case !exists:
		return nil, refusal(404, "File not found")
	case given && framerate.Sign() <= 0:
		return nil, refusal(400, "Invalid framerate passed")
	case !video && path.Ext(name) != ".ogg":
		return nil, refusal(400, "Unsupported file type")
	case !video && given:
		return nil, refusal(400, "Attempted to set framerate for audio component which is not supported.")
	case video && !given:
		cast["framerate"] = 30
	}
	return cast, nil
}

// validS3 tells whether the S3 credentials of an HLS component, if there are
// any, are whole.
func validS3(options map[string]any) bool {
	_, f := option{name: "s3", kind: objectOption, nullable: true, members: s3Members}.cast(options["s3"])
	return f == nil
}
