import t from 'tap';
import { configDefaults } from '../../src/config/config.ts';
import { openQuotas } from '../../src/quotas/quotas.ts';

const limits = { ...configDefaults.limits, joinsPerMinute: 2 };

t.test('R18: whoever asks more often than the limit is refused, and told when to come back', async (t) => {
  const quotas = openQuotas(limits);
  await quotas.spend('joins', '192.168.7.11');
  await quotas.spend('joins', '192.168.7.11');
  await t.rejects(quotas.spend('joins', '192.168.7.11'), {
    code: 'too_many_requests',
    status: 429,
    details: { most: 2, seconds: 60, retryAfterSeconds: 60 },
  });
});

t.test('R18: the limit of one client is not another’s', async (t) => {
  const quotas = openQuotas(limits);
  for (const client of ['a', 'a', 'b', 'b']) await quotas.spend('joins', client);
  await t.resolves(quotas.spend('polls', 'a'), 'nor is that of one kind another kind’s');
});

t.test('what is given back was not spent', async (t) => {
  const quotas = openQuotas(limits);
  await quotas.spend('joins', 'a');
  await quotas.spend('joins', 'a');
  await quotas.giveBack('joins', 'a');
  await t.resolves(quotas.spend('joins', 'a'));
});
