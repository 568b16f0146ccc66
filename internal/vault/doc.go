// Package vault keeps a person's papers so that the person opens them, and others only
// what the person gave.
//
// A paper is one file locked for its person's public key (lock) under a random name
// (blob). The person's private key is stored nowhere in clear: it is in unlocks, one for
// each card, and in memory while their session lasts. A grant is the key of one paper
// locked for a team; the team's key is locked for the organisation's, and that one by the
// server's seal.
//
// Guarantees. To deposit takes the public key alone. Nothing clear touches a disk. The
// journal's line is written before the first byte leaves. A grant that is over is refused
// by the policy at once, and its key is deleted by the daily sweep.
//
// What it does not do. As long as no keepers are named, the organisation's key also
// unlocks the person's (unlock « house »), so that a lost card is replaced at the counter;
// whoever holds the seal and the database can then open everything, and the pages say so.
// Whoever controls the machine while it runs can read what is open.
//
//	paper, err := s.Deposit(ctx, person, vault.Input{Name: "bail.pdf"}, part)
//	open, err := s.Open(ctx, person, paper.ID, vault.See)
package vault
