// Package fishjam is a client for the REST API of hosted Fishjam.
package fishjam
