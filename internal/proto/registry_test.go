package proto_test

import (
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"

	pb "github.com/jellyfish-dev/jellyfish-go/internal/proto"
)

// The names under which the official schemas register, with every message and
// enum of ours: a program that has its own generated code must start.
func TestOfficialNamesAreFree(t *testing.T) {
	for _, official := range []struct{ file, pkg string }{
		{"jellyfish/server_notifications.proto", "jellyfish"},
		{"jellyfish/peer_notifications.proto", "jellyfish"},
		{"jellyfish.proto", "jellyfish"},
		{"fishjam/server_notifications.proto", "fishjam"},
		{"fishjam.proto", "fishjam"},
	} {
		schema := proto.CloneOf(protodesc.ToFileDescriptorProto(pb.File_jellyfish_go_proto))
		if schema.GetPackage() == official.pkg || schema.GetName() == official.file {
			t.Fatalf("the library registers %s as package %s", schema.GetName(), schema.GetPackage())
		}
		schema.Name, schema.Package = &official.file, &official.pkg
		renameTypes(schema, official.pkg)
		file, err := protodesc.NewFile(schema, protoregistry.GlobalFiles)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := protoregistry.GlobalFiles.FindFileByPath(official.file); err == nil {
			t.Errorf("a file is registered as %s", official.file)
		}
		for name := range namesIn(file) {
			if found, err := protoregistry.GlobalFiles.FindDescriptorByName(name); err == nil {
				t.Errorf("%s is registered by %s", name, found.ParentFile().Path())
			}
		}
	}
}

// renameTypes makes fields refer to the types of the package.
func renameTypes(schema *descriptorpb.FileDescriptorProto, pkg string) {
	own := "." + string(pb.File_jellyfish_go_proto.Package()) + "."
	var rename func([]*descriptorpb.DescriptorProto)
	rename = func(messages []*descriptorpb.DescriptorProto) {
		for _, m := range messages {
			for _, f := range m.Field {
				if name := f.GetTypeName(); len(name) > len(own) && name[:len(own)] == own {
					f.TypeName = proto.String("." + pkg + "." + name[len(own):])
				}
			}
			rename(m.NestedType)
		}
	}
	rename(schema.MessageType)
}

func namesIn(file protoreflect.FileDescriptor) map[protoreflect.FullName]bool {
	names := make(map[protoreflect.FullName]bool)
	for i := range file.Messages().Len() {
		names[file.Messages().Get(i).FullName()] = true
	}
	for i := range file.Enums().Len() {
		names[file.Enums().Get(i).FullName()] = true
	}
	return names
}
