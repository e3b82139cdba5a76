import type { AnyReason, Say } from './reason.ts';

type Purpose = { readonly purpose: string };
type Purposes = { readonly purposes: readonly string[] };
type Why = { readonly why: AnyReason };
type At = { readonly at: string };

/** What a node waits for to have its certificates, and why it needs others. */
export const agentCertificateReasons = {
  coordinator_time: () => 'the coordinator’s time, by which certificates are judged',
  certificate_offered: ({ purposes }: Purposes) => `the coordinator to offer a ${purposes.join(', ')} certificate`,
  certificate_after_clock: ({ purposes }: Purposes) =>
    `the ${purposes.join(', ')} certificate, which is not asked for before the clock is right`,
  certificate_held: ({ purposes }: Purposes) => `the ${purposes.join(', ')} certificate`,
  certificate_new: ({ purpose, why }: Purpose & Why, say: Say) =>
    `the coordinator for a new ${purpose} certificate: ${say(why)}`,
  certificate_pauses: ({ purpose, why }: Purpose & Why, say: Say) =>
    `a pause before the ${purpose} certificate is tried again: ${say(why)}`,
  none_held: () => 'there is none',
  held_unusable: ({ why }: Why, say: Say) => `the one held cannot be used: ${say(why)}`,
  held_not_of_bundle: () => 'no authority of today’s bundle issued the one held',
  held_names_changed: () => 'its names have changed',
  held_ended: ({ at }: At) => `the one held is past its end, ${at}`,
  renewal_due: ({ at }: At) => `its renewal is due, and the one held ends at ${at}`,
} as const;
