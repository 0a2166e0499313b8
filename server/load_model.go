package server

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/millracedb/millrace/base/pgerr"
	"github.com/millracedb/millrace/catalog"
	"github.com/millracedb/millrace/planner"
	"github.com/millracedb/millrace/storage/blob"
	"github.com/millracedb/millrace/wire"
)

// defaultModelBytes is the most bytes of a model's file where nothing else is said.
const defaultModelBytes = 64 << 20

// load brings the file of a model, and returns the change with the version that it makes. Its bytes
// are durable then, and stay until release.
func (s *Session) load(ctx context.Context, p *planner.ChangePlan) (d *catalog.Diff, release func(), err error) {
	l := p.Load
	var file []byte
	if l.File == "" {
		file, err = s.receiveModel(ctx, modelForm(l.Version.Format))
	} else {
		file, err = s.srv.modelFile(l.File)
	}
	if err != nil {
		return nil, nil, err
	}
	v := l.Version
	v.Bytes, v.Checksum, v.Created = int64(len(file)), blob.Sum(file), s.moment()
	m, err := openModel(v.Format, file, v.Options)
	if err != nil {
		return nil, nil, err
	}
	v.Signature = planner.SignatureOf(m)
	_, release, err = s.srv.cats.models.blobs.Put(file)
	if err != nil {
		return nil, nil, err
	}
	return p.WithModel(v), release, nil
}

// modelForm is in which form the client is asked for a file. The bytes are taken as they come in
// either; but psql reads binary data up to the end of its input, and text up to a line with \. alone,
// so that a script can have the file of a format that is lines of text within it.
func modelForm(format string) wire.CopyFormat {
	if slices.Contains([]string{"catboost", "lightgbm", "linear"}, format) {
		return wire.CopyText
	}
	return wire.CopyBinary
}

// receiveModel takes a file from the client: whatever bytes it sends.
func (s *Session) receiveModel(ctx context.Context, form wire.CopyFormat) (file []byte, err error) {
	s.conn.CopyInResponse(form, 0)
	if err := s.conn.Flush(); err != nil {
		return nil, err
	}
	for {
		m, err := s.conn.Receive()
		if errors.Is(err, io.EOF) {
			err = pgerr.New(pgerr.ConnectionFailure, "unexpected EOF on client connection with an open transaction")
		}
		if err != nil {
			return nil, err
		}
		switch m := m.(type) {
		case *wire.CopyData:
			if ctx.Err() != nil {
				return nil, causeOf(ctx)
			}
			if file = append(file, m.Data...); int64(len(file)) > s.srv.opt.ModelBytes {
				return nil, s.srv.errModelSize()
			}
		case *wire.CopyDone:
			if form == wire.CopyText {
				file = withoutDot(file)
			}
			return file, nil
		case *wire.CopyFail:
			return nil, pgerr.New(pgerr.QueryCanceled, "COPY from stdin failed: %s", m.Reason)
		case *wire.Flush, *wire.Sync:
		default:
			return nil, pgerr.New(pgerr.ProtocolViolation, "unexpected message during COPY from stdin")
		}
	}
}

// withoutDot takes the line with \. alone from the end of a file, which psql sends with it.
func withoutDot(file []byte) []byte {
	lines := bytes.TrimRight(file, "\r\n")
	if head, ends := bytes.CutSuffix(lines, []byte("\n\\.")); ends {
		return file[:len(head)+1]
	}
	return file
}

// sendModel sends the file of a version to the client, as it came.
func (s *Session) sendModel(ctx context.Context, v *catalog.ModelVersion) error {
	file, err := s.srv.cats.models.blobs.Get(v.Checksum, v.Bytes)
	if err != nil {
		return err
	}
	s.conn.CopyOutResponse(wire.CopyBinary, 0)
	for len(file) > 0 && ctx.Err() == nil {
		part := file[:min(len(file), 64<<10)]
		s.conn.CopyData(part)
		if err := s.conn.Flush(); err != nil {
			return err
		}
		file = file[len(part):]
	}
	if ctx.Err() != nil {
		return causeOf(ctx)
	}
	s.conn.CopyDone()
	return nil
}

func (s *Server) errModelSize() error {
	return pgerr.New(pgerr.ProgramLimitExceeded, "the file of a model may have %d bytes", s.opt.ModelBytes).
		WithHint("The setting model_max_bytes of the server says how many.")
}

// modelFile reads a file of one of the folders that the server may read models from. A relative name
// is looked for in each of them; links that lead out of a folder are not followed.
func (s *Server) modelFile(name string) ([]byte, error) {
	if len(s.opt.ModelFolders) == 0 {
		return nil, pgerr.New(pgerr.InsufficientPrivilege, "the server reads no files of models").
			WithHint("Name folders in its setting model_folders, or send the file: COPY MODEL … FROM STDIN.")
	}
	for _, folder := range s.opt.ModelFolders {
		inside := filepath.FromSlash(name)
		if filepath.IsAbs(inside) {
			rel, err := filepath.Rel(folder, inside)
			if err != nil || rel == ".." || strings.HasPrefix(rel, ".."+string(filepath.Separator)) {
				continue
			}
			inside = rel
		}
		file, err := s.readInside(folder, inside)
		if !errors.Is(err, fs.ErrNotExist) {
			return file, err
		}
	}
	return nil, pgerr.New(pgerr.UndefinedFile, "file %q is in none of the folders of models", name).
		WithDetail("They are %s.", strings.Join(s.opt.ModelFolders, ", "))
}

func (s *Server) readInside(folder, name string) (file []byte, err error) {
	f, err := os.OpenInRoot(folder, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if err != nil {
		return nil, pgerr.New(pgerr.InsufficientPrivilege, "file %q cannot be read: %v", name, errors.Unwrap(err))
	}
	defer f.Close()
	if i, err := f.Stat(); err != nil || !i.Mode().IsRegular() {
		return nil, pgerr.New(pgerr.WrongObjectType, "%q is not a file", name)
	}
	file, err = io.ReadAll(io.LimitReader(f, s.opt.ModelBytes+1))
	if err == nil && int64(len(file)) > s.opt.ModelBytes {
		err = s.errModelSize()
	}
	return file, err
}
