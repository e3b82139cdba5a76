import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { parse } from 'yaml';
import { type Rule, rules } from '../../src/notifications/rules.ts';

const root = join(import.meta.dirname, '../../../..');

interface Alert {
  readonly alert: string;
  readonly for?: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly runbook: string };
}
const { groups } = parse(readFileSync(join(root, 'packaging/prometheus/picket-alerts.yml'), 'utf8')) as {
  readonly groups: readonly { readonly rules: readonly Alert[] }[];
};
const alerts = new Map(groups.flatMap((group) => group.rules).map((alert) => [alert.alert, alert]));

/** The alert of a rule, where the name differs. */
const names: Readonly<Record<string, string>> = {
  'no-quorum': 'PicketClusterNoQuorum',
  unknown: 'PicketClusterUnknown',
  'at-risk': 'PicketClusterAtRisk',
  frozen: 'PicketClusterFrozen',
  'no-space': 'PicketEtcdNoSpace',
  corrupt: 'PicketEtcdCorrupt',
  'client-silent': 'PicketMemberSilent',
  'data-lost': 'PicketMemberDataLost',
};

t.test('each notification has the severity, the time and the page of its alert', async (t) => {
  for (const [name, rule] of Object.entries(rules) as [string, Rule][]) {
    const camel = name.replaceAll(/(?:^|-)(.)/g, (_, letter: string) => letter.toUpperCase());
    const alert = alerts.get(names[name] ?? `Picket${camel}`);
    if (alert === undefined) {
      t.fail(`the rule ${name} has no alert`);
      continue;
    }
    const page = `docs/how-to/${rule.page}.md`;
    const minutes = { '1h': 60 }[alert.for ?? ''] ?? Number((alert.for ?? '0m').replace('m', ''));
    t.same(
      { severity: rule.severity, minutes: rule.afterMinutes, page },
      { severity: alert.labels.severity, minutes, page: alert.annotations.runbook },
      name,
    );
    t.ok(existsSync(join(root, page)), page);
  }
});

t.test('only what needs another eye than the coordinator has no notification', async (t) => {
  const told = Object.keys(rules).map(
    (name) => names[name] ?? `Picket${name.replaceAll(/(?:^|-)(.)/g, (_, letter: string) => letter.toUpperCase())}`,
  );
  t.same(
    [...alerts.keys()].filter((name) => !told.includes(name)),
    // Elections are events and no state; a coordinator that is down says nothing, which is what the ping is for.
    ['PicketLeaderElections', 'PicketCoordinatorDown'],
  );
});
