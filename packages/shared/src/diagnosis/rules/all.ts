import { certificateRules } from './certificates.ts';
import { clockRules } from './clocks.ts';
import { coordinatorRules, identityRules } from './coordinator.ts';
import { dataRules } from './data.ts';
import { machineRules } from './machines.ts';
import { membershipRules } from './membership.ts';
import { nameRules, networkRules, quorumRules } from './network.ts';
import type { Rule } from './rule.ts';
import { silenceRules } from './silence.ts';
import { confRules, softwareRules } from './software.ts';
import { spaceRules } from './space.ts';

/** Every rule. One that explains another comes before it: findings are listed in this order. */
export const rules: readonly Rule[] = [
  ...clockRules,
  ...spaceRules,
  ...machineRules,
  ...confRules,
  ...nameRules,
  ...identityRules,
  ...certificateRules,
  ...dataRules,
  ...softwareRules,
  ...membershipRules,
  ...silenceRules,
  ...networkRules,
  ...coordinatorRules,
  ...quorumRules,
];
