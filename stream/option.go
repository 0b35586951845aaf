package stream

// Option changes what a subscription receives.
type Option func(*settings)

type settings struct {
	metrics bool
	bound   bound
}

func newSettings(options []Option) settings {
	s := settings{bound: bound{items: defaultBound, bytes: defaultBoundBytes}}
	for _, option := range options {
		if option != nil {
			option(&s)
		}
	}
	return s
}

// WithMetrics asks for metrics reports, which then come on
// [Subscription.Metrics], once a second from each node of the server's cluster.
func WithMetrics() Option {
	return func(s *settings) { s.metrics = true }
}
