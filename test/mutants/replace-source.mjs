// Loaded by `node --import` before a test file: gives one module of the product another text than its file has.
import { registerHooks } from 'node:module';

const { url, start, end, text } = JSON.parse(process.env.PICKET_TEST_MUTANT);

registerHooks({
  load(loaded, context, nextLoad) {
    const module = nextLoad(loaded, context);
    if (loaded !== url) return module;
    const { source } = module;
    const original = typeof source === 'string' ? source : Buffer.from(source).toString();
    return { ...module, source: original.slice(0, start) + text + original.slice(end) };
  },
});
