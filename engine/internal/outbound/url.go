package outbound

// CheckURL returns an error of class [codec.Invalid] if Fetch and Post would
// refuse the URL whatever its name resolves to: it is no http or https URL, has a
// user name or password, a port that is not allowed, or an address that is not
// in place of a name. It sends nothing.
func (c *Client) CheckURL(rawURL string) error { panic("not yet") }
