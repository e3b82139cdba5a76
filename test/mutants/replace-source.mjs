// Loaded by `node --import` before a test file: gives one module of the product another text than its file has.
import { registerHooks } from 'node:module';

const { url, find, replace } = JSON.parse(process.env.PICKET_TEST_MUTANT);

registerHooks({
  load(loaded, context, nextLoad) {
    const module = nextLoad(loaded, context);
    if (loaded !== url) return module;
    return { ...module, source: String(module.source).replace(find, () => replace) };
  },
});
