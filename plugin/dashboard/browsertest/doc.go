// Package browsertest has the tests of plugin/dashboard in a browser. They need
// Chromium and, for the check of accessibility, the packages of package.json:
//
//	npm install --no-package-lock
//	go test .
//
// Where there is no browser they are skipped, unless JELLYFISH_REQUIRE_BROWSER=1.
// With JELLYFISH_SCREENSHOTS=DIR they leave pictures there.
package browsertest
