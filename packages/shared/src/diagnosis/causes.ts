import { catalogue, type ProblemCode, problemCodes } from '../problems/catalogue.ts';
import { certificateRules, clientRules } from './rules/certificates.ts';
import { membershipRules, strangerRules } from './rules/membership.ts';
import { nameRules, networkRules, portRules } from './rules/network.ts';
import type { Rule } from './rules/rule.ts';
import { confRules, softwareRules } from './rules/software.ts';

/** As findings are listed. A rule that stands here twice counts once. */
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
  ...of('unknown', 'node-silent'),
  ...networkRules,
  ...of('node-quarantined', 'frozen', 'rollout-paused', 'snapshots-fail', 'rehearsals-fail', 'node-behind'),
  ...of('no-quorum', 'voter-down', 'listening', 'unexplained', 'etcd-can-lose-data'),
];

/** Every rule, in the order in which findings are listed: each after those that explain it. */
export const rules: readonly Rule[] = [...afterThoseThatExplain(inOrder)];

function afterThoseThatExplain(all: readonly Rule[]): ReadonlySet<Rule> {
  const begun = new Set<Rule>();
  const placed = new Set<Rule>();
  const place = (rule: Rule) => {
    if (begun.has(rule)) return;
    begun.add(rule);
    for (const one of all) if (one.explains?.includes(rule.cause)) place(one);
    placed.add(rule);
  };
  for (const rule of all) place(rule);
  return placed;
}

function of(...codes: readonly ProblemCode[]): readonly Rule[] {
  return codes.flatMap((code) => catalogue[code].causes ?? []);
}
