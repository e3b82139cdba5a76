import type { Sayers } from './reason.ts';
import { text } from './text.ts';

type Purposes = { readonly purposes: readonly string[] };

/** What a node waits for until it has its certificates, and why it needs new ones. */
export const agentCertificateReasons = {
  coordinator_time: () => 'the coordinator’s time, to check certificates with',
  certificate_offered: ({ purposes }: Purposes) => `the coordinator to offer a ${purposes.join(', ')} certificate`,
  certificate_after_clock: ({ purposes }: Purposes) =>
    `the ${purposes.join(', ')} certificate, which the agent requests only once the clock is right`,
  certificate_held: ({ purposes }: Purposes) => `the ${purposes.join(', ')} certificate`,
  certificate_new: text('a new {purpose} certificate from the coordinator: {why}'),
  certificate_pauses: text('a pause before the agent requests the {purpose} certificate again: {why}'),
  none_held: () => 'this node has none',
  held_unusable: text('the present one cannot be used: {why}'),
  held_not_of_bundle: () => 'no authority in the present bundle issued the present one',
  held_names_changed: () => 'its names have changed',
  held_ended: text('the present one ended at {at}'),
  renewal_due: text('its renewal is due, and the present one ends at {at}'),
} satisfies Sayers;
