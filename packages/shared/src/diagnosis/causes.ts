import { catalogue, type ProblemCode, problemCodes } from '../problems/catalogue.ts';
import { certificateRules, clientRules } from './rules/certificates.ts';
import { membershipRules, strangerRules } from './rules/membership.ts';
import { nameRules, networkRules } from './rules/network.ts';
import { portRules } from './rules/ports.ts';
import type { Rule } from './rules/rule.ts';
import { silenceRules } from './rules/silence.ts';
import { confRules, softwareRules } from './rules/software.ts';

/** One that explains another comes before it: findings are listed in this order. A rule that stands there twice counts once. */
const inOrder: readonly Rule[] = [
  ...of('clock-off', 'disk-full', 'disk-nearly-full', 'no-space', 'database-near-quota', 'board-hot'),
  ...of(...problemCodes.filter((code) => catalogue[code].onMachine !== undefined)),
  ...portRules,
  ...confRules,
  ...nameRules,
  ...of('node-to-readopt', 'node-copied'),
  ...certificateRules,
  ...of('certificate-overdue'),
  ...clientRules,
  ...of('data-lost', 'corrupt'),
  ...strangerRules,
  ...of('wrong-etcd-version'),
  ...softwareRules,
  ...of('rollout-stopped', 'etcd-restarts'),
  ...membershipRules,
  ...of('unknown'),
  ...silenceRules,
  ...networkRules,
  ...of('node-quarantined', 'frozen', 'rollout-paused', 'snapshots-fail', 'node-behind'),
  ...of('no-quorum', 'at-risk', 'listening', 'unexplained'),
];

export const rules: readonly Rule[] = [...new Set(inOrder)];

function of(...codes: readonly ProblemCode[]): readonly Rule[] {
  return codes.flatMap((code) => catalogue[code].causes ?? []);
}
