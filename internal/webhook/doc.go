// Package webhook tells other programs that something happened: an organisation's
// manager writes an HTTPS address, and each event of the kinds they chose is sent
// there, signed, with identifiers and nothing else. What happened is then read
// through the API, with somebody's permissions.
//
// Guarantees:
//
//   - An event leaves only after what it tells is committed, and at least once:
//     the message's id is the same at each try, and it is what a receiver keeps to
//     do things once.
//   - A message holds ids: no name, no text, no amount.
//   - Messages are signed as Standard Webhooks says (HMAC-SHA256, headers
//     webhook-id, webhook-timestamp, webhook-signature). The secret is shown once.
//   - Addresses lead to the public Internet unless the installation says otherwise;
//     redirects are not followed; time and answer are bounded.
//   - An address that is slow or down holds up nobody else.
//
// How it goes: Tap, called by the journal in the transaction of an act, leaves a
// line in the outbox; Deliver, its consumer, makes one delivery per address; Run
// sends them, and tries again with growing pauses.
//
// What not to do: never add a field that says something of a person. Notes are not
// told at all, since their existence may be private.
package webhook
