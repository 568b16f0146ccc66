// Package access says who somebody is and what they may do: sign-in, sessions,
// invitations, the members of an organisation, and the rules that every service
// method asks first.
//
// Guarantees. What no rule grants is refused. What may not be seen is NotFound,
// so that its existence is not told; what is seen but not theirs is Forbidden. A
// wrong login, a wrong password and an account without password answer the same
// sentence after the same work. No token is stored, only its SHA-256. Closing a
// session, deactivating a member or leaving a team takes effect at the next
// request. Each of these gestures leaves a line in the journal.
//
// What not to do. Do not decide anything from core.Actor by hand: ask Can, or put
// Scope in the SQL of a list. Do not log a token, a code or a login.
//
//	func (s *Service) SaveFacts(ctx context.Context, …) error {
//		if err := s.access.Can(ctx, access.FactSave, file.Resource()); err != nil {
//			return err
//		}
//
// See docs/access.md.
package access
