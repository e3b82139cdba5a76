import type { UpgradePlan, UpgradeView } from '@picket/shared/protocol/upgrades.ts';
import { targetInWords } from '@picket/shared/reasons/target-in-words.ts';

/** The plan of an upgrade or a downgrade, and what is in its way: shown before the operator accepts it. */
export function renderUpgradePlan({
  cluster: name,
  runs,
  to,
  stages,
  restarts,
  obstacles,
  faults,
  unchecked,
}: UpgradePlan): string {
  const count = restarts === 1 ? 'once' : restarts === 2 ? 'twice' : `${restarts} times`;
  return [
    `The cluster ${name} goes from etcd ${runs.join(', ')} to etcd ${targetInWords(to)}. Each member restarts ${count}, one member at a time, the leader last:`,
    ...stages.flatMap(({ what, wayBack }, index) => [
      `  ${index + 1}. ${what.message}.`,
      `     Way back: ${wayBack.message}`,
    ]),
    ...(faults.length === 0 ? [] : ['Known faults that stay:', ...faults.map(({ message }) => `  - ${message}`)]),
    ...(unchecked.length === 0 ? [] : ['Picket has not checked:', ...unchecked.map(({ message }) => `  - ${message}`)]),
    ...(obstacles.length === 0 ? [] : ['It cannot begin now:', ...obstacles.map(({ message }) => `  - ${message}`)]),
  ].join('\n');
}

/** The stage of an upgrade or a downgrade, and the way back; nothing without one. */
export function upgradeLines(upgrade: UpgradeView | undefined): string[] {
  if (upgrade === undefined) return [];
  const { to, down, stage, stages, what, wayBack } = upgrade;
  const place = stages === 1 ? '' : `, stage ${stage} of ${stages}`;
  const target = targetInWords(to);
  const change = down === true ? `Downgrade to etcd ${target}` : `Upgrade to etcd ${target}`;
  return [`${change}${place}: ${what.message}`, `  Way back: ${wayBack.message}`];
}
