package server

import (
	"context"

	"github.com/millracedb/millrace/sql/ast"
)

// CHECKPOINT returns once everything that was acknowledged before it stands in a
// checkpoint, so that the next start has no log of that to replay.
var _ = statement(func(ctx context.Context, s *Session, _ *ast.Checkpoint, _ *output) (string, error) {
	return "CHECKPOINT", s.srv.engine.CheckpointNow(ctx)
})
