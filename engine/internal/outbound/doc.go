// Package outbound sends requests to addresses that strangers name: it fetches
// inputs from URLs and delivers callbacks. Whoever submits a job must not reach,
// through the host, what only the host can reach (server-side request forgery).
//
//	client := outbound.New(outbound.Config{})
//	defer client.Close()
//
//	fetched, err := client.Fetch(ctx, "https://files.example/film.mp4", 1<<30, w)
//	answer, err := client.Post(ctx, "https://hooks.example/spool", header, body)
//
// The rule is applied to the address that is dialled: a name is resolved once,
// here, the answers are checked, and the connection goes to a checked IP address,
// never to the name. So it makes no difference how an address is spelled, what a
// name server says the next time, or where a redirect leads. Allowed is what is in
// none of the IANA registries of special-purpose addresses, and what
// [Config.AllowPrefixes] adds. The public addresses of the host's own network are
// allowed: that they are its own, only a firewall knows.
//
// Proxies, cookies and credentials of the environment are not used.
//
// Every error is a [*codec.Error] with a class, but for those of the context and
// of the caller's writer. Its message is for the person who submitted the job: it
// names the host of the URL, neither the address behind it nor the URL's path,
// query or user. What lies under it, with addresses, is for the log of the host:
// see [Cause].
package outbound
