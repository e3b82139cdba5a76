// Spends tokens for as long as it lives, and prints the id of each once the store has acknowledged it.
import { openSample, sampleToken } from './samples.ts';

const inventory = await openSample(process.argv[2] ?? '');
for (let count = 0; ; count++) {
  const id = `token${String(count).padStart(6, '0')}`;
  await inventory.transaction(async (trx) => {
    await trx.tokens.create(sampleToken({ id }));
    await trx.tokens.spend(id);
  });
  process.stdout.write(`${id}\n`);
  await new Promise(setImmediate);
}
