import type { Sayers } from './reason.ts';

type Purposes = { readonly purposes: readonly string[] };

/** What a node waits for until it has its certificates, and why it needs new ones. */
export const agentCertificateReasons = {
  coordinator_time: 'the coordinator’s time, to check certificates with',
  certificate_offered: ({ purposes }: Purposes) => `the coordinator to offer a ${purposes.join(', ')} certificate`,
  certificate_after_clock: ({ purposes }: Purposes) =>
    `the ${purposes.join(', ')} certificate, which the agent requests only once the clock is right`,
  certificate_held: ({ purposes }: Purposes) => `the ${purposes.join(', ')} certificate`,
  certificate_new: 'a new {purpose} certificate from the coordinator: {why}',
  certificate_pauses: 'a pause before the agent requests the {purpose} certificate again: {why}',
  none_held: 'this node has none',
  held_unusable: 'the present one cannot be used: {why}',
  held_not_of_bundle: 'no authority in the present bundle issued the present one',
  held_names_changed: 'its names have changed',
  held_ended: 'the present one ended at {at}',
  renewal_due: 'its renewal is due, and the present one ends at {at}',
} as const satisfies Sayers;
