package engine

// CheckURL returns why Submit would refuse the address as an input or for callbacks,
// whoever it may belong to, as [ErrBadRequest]: it is no http or https URL, or it names
// a port or an address that Config.Outbound does not allow. It asks nobody, so that an
// address without fault may still lead nowhere.
func (e *Engine) CheckURL(address string) error {
	return badRequest(e.outbound.CheckURL(address))
}
