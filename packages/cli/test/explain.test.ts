import { errorTable } from '@picket/shared/errors/table.ts';
import { exitCodes } from '@picket/shared/exit-codes.ts';
import { explained } from '@picket/shared/explain/as-text.ts';
import { allCodes } from '@picket/shared/explain/explain.ts';
import t from 'tap';
import { runCli } from './support/run-cli.ts';

const offline = {
  env: { PICKET_CONTEXT: '/nonexistent/context.yml' },
  connect: () => {
    throw new Error('it connects');
  },
};

t.test('a code is explained without a coordinator and without a context file, in words and as JSON', async (t) => {
  const { answer, text } = explained('not_found');
  t.strictSame(await runCli(['explain', 'not_found'], offline), { code: 0, out: text, err: '' });
  t.match(text, errorTable.not_found.hint);
  const { out } = await runCli(['explain', 'not_found', '-o', 'json'], offline);
  t.strictSame(JSON.parse(out), answer);
});

t.test('without a code, all codes are listed', async (t) => {
  const { out } = await runCli(['explain'], offline);
  t.strictSame(out.trimEnd().split('\n'), allCodes());
  t.strictSame(JSON.parse((await runCli(['explain', '-o', 'json'], offline)).out), { codes: allCodes() });
});

t.test('an unknown code fails with the codes that are like it', async (t) => {
  const { code, out } = await runCli(['explain', 'no_read', '-o', 'json'], offline);
  t.equal(code, exitCodes.failed.code);
  t.match(JSON.parse(out), { code: 'unknown_code', details: { code: '"no_read"', near: /no_reads/ } });
});
