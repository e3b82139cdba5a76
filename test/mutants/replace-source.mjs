// Loaded by `node --import` before a test file: gives one module of the product another text than its file has.
import { registerHooks } from 'node:module';

const { url, find, replace } = JSON.parse(process.env.PICKET_TEST_MUTANT);

registerHooks({
  load(loaded, context, nextLoad) {
    const module = nextLoad(loaded, context);
    if (loaded !== url) return module;
    const { source } = module;
    const text = typeof source === 'string' ? source : Buffer.from(source).toString();
    return { ...module, source: text.replace(find, () => replace) };
  },
});
