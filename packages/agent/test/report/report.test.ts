import { failure } from '@picket/shared/errors.ts';
import type { ReportAnswer, ReportRequest } from '@picket/shared/protocol/report.ts';
import t from 'tap';
import { readyStatus } from '../../../shared/test/samples/node-status.ts';
import { reporter } from '../../src/report/report.ts';

const status = readyStatus();

/** An agent's reporter, and a coordinator that refuses fields that it does not read. */
function given(reads: readonly string[]) {
  const coordinator = { reads, reports: [] as ReportRequest[] };
  const report = async (request: ReportRequest): Promise<ReportAnswer> => {
    const { service = {} } = request.changed;
    for (const [field, there] of [
      ['restoreTool', 'restoreTool' in request.changed],
      ['service.damage', 'damage' in service],
      ['service.quorumRead', 'quorumRead' in service],
      ['service.authenticationOn', 'authenticationOn' in service],
    ] as const) {
      if (there && !coordinator.reads.includes(field))
        throw failure('invalid_request', { problem: `unknown ${field}` });
    }
    coordinator.reports.push(request);
    const news = coordinator.reads.length === 0 ? {} : { reads: [...coordinator.reads] };
    return { everySeconds: 10, now: '2027-03-01T12:00:00Z', waitsFor: [], ...news };
  };
  const deps = { clock: { monotonic: () => 0 }, run: 1, after: 0, everySeconds: null, failpoint: () => undefined };
  return { coordinator, agent: reporter({ ...deps, coordinator: { report } }) };
}

t.test('a coordinator that reads it is told at once what the node can restore with', async (t) => {
  const { coordinator, agent } = given(['restoreTool']);
  await agent.send(status);
  t.equal(agent.isDue(status), true);
  await agent.send(status);
  t.same(coordinator.reports.at(-1)?.changed, { restoreTool: { installed: 'etcdutl', obstacle: null } });
  t.equal(agent.isDue(status), false);
});

t.test('a coordinator of before is never told what it would refuse', async (t) => {
  const { coordinator, agent } = given([]);
  await agent.send(status);
  t.equal(agent.isDue(status), false);
  await agent.send(status);
  t.equal(coordinator.reports.length, 2);
  t.notOk(coordinator.reports.some(({ changed }) => 'restoreTool' in changed));
});

t.test(
  'R16: what etcd proves and what its log lost is told where the coordinator reads it, and to no other',
  async (t) => {
    const service = { ...status.service, quorumRead: true, authenticationOn: true, damage: 'crc mismatch' } as const;
    const older = given([]);
    await older.agent.send({ ...status, service });
    t.match(older.coordinator.reports.at(-1)?.changed.service, { state: 'stopped', quorumRead: undefined });
    const newer = given(['service.damage', 'service.quorumRead', 'service.authenticationOn']);
    await newer.agent.send({ ...status, service });
    await newer.agent.send({ ...status, service });
    t.match(newer.coordinator.reports.at(-1)?.changed.service, {
      quorumRead: true,
      authenticationOn: true,
      damage: 'crc mismatch',
    });
  },
);

t.test('where an older coordinator takes the place of a newer, the next report but one reaches it', async (t) => {
  const { coordinator, agent } = given(['restoreTool']);
  await agent.send(status);
  await agent.send(status);
  coordinator.reads = [];
  const changed = { ...status, restoreTool: { installed: null, obstacle: null } };
  await t.rejects(agent.send(changed), { code: 'invalid_request' });
  await agent.send(changed);
  t.equal(coordinator.reports.length, 3);
});
