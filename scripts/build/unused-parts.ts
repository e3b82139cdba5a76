import type { Plugin } from 'esbuild';

/**
 * Parts of libraries that the agent never runs, each with what stands in for it. The agent speaks HTTP/1.1 alone (`allowH2: false`), and
 * undici itself takes the parser without SIMD where the other cannot be compiled: on a board that parser is as fast as needed.
 */
const standIns: readonly { readonly file: RegExp; readonly contents: string }[] = [
  // pino's transports, which no bundle can have.
  { file: /\/thread-stream\/index\.js$/, contents: '' },
  { file: /\/undici\/lib\/dispatcher\/client-h2\.js$/, contents: unused('HTTP/2') },
  // Which body is a form: the agent sends texts and files.
  { file: /\/undici\/lib\/web\/fetch\/(?:body|formdata)\.js$/, contents: '' },
  { file: /\/undici\/lib\/web\/webidl\/index\.js$/, contents: 'exports.webidl = { is: { FormData: () => false } };' },
  {
    file: /\/undici\/lib\/llhttp\/llhttp_simd-wasm\.js$/,
    contents: `throw new Error('there is no parser with SIMD');`,
  },
];

/** undici takes this name for the sign of a build that has no second, experimental parser of HTTP/1.1. */
export const withoutSecondParser = { esbuildDetection: 'true' } as const;

function unused(what: string): string {
  return `module.exports = () => { throw new Error('this build has no ${what}'); };`;
}

/** Leaves out what the agent never runs. Fails the build if a part has moved. */
export function withoutUnusedParts(): Plugin {
  return {
    name: 'without-unused-parts',
    setup(build) {
      const met = new Set<RegExp>();
      for (const { file, contents } of standIns)
        build.onLoad({ filter: file }, () => {
          met.add(file);
          return { contents };
        });
      build.onEnd(() => {
        const moved = standIns.filter(({ file }) => !met.has(file));
        return {
          errors: moved.map(({ file }) => ({ text: `no library has anything at ${file}; mend unused-parts.ts` })),
        };
      });
    },
  };
}
