import t from 'tap';
import { configDefaults } from '../../src/config/config.ts';
import { openQuotas } from '../../src/quotas/quotas.ts';

const limits = { ...configDefaults.limits, joinsPerMinute: 2 };

t.test('R18: a client that asks more often than the limit is refused, with the time to wait', async (t) => {
  const quotas = openQuotas(limits);
  await quotas.spend('joins', '192.168.7.11');
  await quotas.spend('joins', '192.168.7.11');
  await t.rejects(quotas.spend('joins', '192.168.7.11'), {
    code: 'too_many_requests',
    status: 429,
    details: { most: 2, seconds: 60, retryAfterSeconds: 60 },
  });
});

t.test('R18: the limit of one client is not that of another', async (t) => {
  const quotas = openQuotas(limits);
  for (const client of ['a', 'a', 'b', 'b']) await quotas.spend('joins', client);
  await t.resolves(quotas.spend('polls', 'a'), 'nor is that of one kind that of another kind');
});

t.test('a returned unit was not spent', async (t) => {
  const quotas = openQuotas(limits);
  await quotas.spend('joins', 'a');
  await quotas.spend('joins', 'a');
  await quotas.giveBack('joins', 'a');
  await t.resolves(quotas.spend('joins', 'a'));
});
