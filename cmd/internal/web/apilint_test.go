package web_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestAPIDocumentLint gives the document, as it is served, to Redocly's linter, whose
// program STEMMA_OPENAPI_LINT names. A warning is as bad as an error.
func TestAPIDocumentLint(t *testing.T) {
	t.Parallel()
	program := os.Getenv("STEMMA_OPENAPI_LINT")
	if program == "" {
		if os.Getenv("STEMMA_CLIENTS") == "required" || os.Getenv("CI") != "" {
			t.Fatal("STEMMA_OPENAPI_LINT names no redocly, and this run is to try it")
		}
		t.Skip("SKIPPED, NOT PASSED: STEMMA_OPENAPI_LINT names no redocly")
	}
	s, dir := newSite(t), t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "schemas"), 0o777); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"openapi.json", "schemas/state.json", "schemas/diff.json"} {
		_, body := s.get("/api/v1/" + name)
		if err := os.WriteFile(filepath.Join(dir, name), []byte(body), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	lint := func() string {
		// Of a "default" response that rule does not see that it covers each 4XX.
		c := exec.Command(program, "lint", "--skip-rule=operation-4xx-response", "openapi.json")
		c.Dir = dir
		c.Env = append(os.Environ(), "REDOCLY_TELEMETRY=off", "REDOCLY_SUPPRESS_UPDATE_NOTICE=true", "NO_COLOR=1")
		out, err := c.CombinedOutput()
		if err != nil || strings.Contains(string(out), "warning") {
			return string(out)
		}
		if !strings.Contains(string(out), "is valid") {
			t.Fatalf("the linter says nothing of it: %s", out)
		}
		return ""
	}
	if out := lint(); out != "" {
		t.Error(out)
	}
	// It is a linter that finds something.
	name := filepath.Join(dir, "openapi.json")
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(strings.Replace(string(b), "#/components/responses/NotFound", "#/components/responses/Nothing", 1)), 0o666); err != nil {
		t.Fatal(err)
	}
	if lint() == "" {
		t.Error("the linter passes a reference to what is not there")
	}
}
