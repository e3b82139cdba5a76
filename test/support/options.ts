/** What a command line asks for, or what is wrong with it. */
export type Read<Options> = Options | 'help' | { readonly problem: string };

/** What `read` makes of a command line; what `parseArgs` throws there is a problem with it. */
export function readWith<Options>(read: () => Read<Options>): Read<Options> {
  try {
    return read();
  } catch (error) {
    // Of what parseArgs says the first sentence tells what is wrong; the rest is advice for other programs.
    return { problem: (error as Error).message.split(/\. |\n/)[0]?.replace(/\.$/, '') ?? '' };
  }
}

/** Gives these options back, or ends this process: with 0 after the usage, with 64 after what is wrong and the usage. */
export function optionsOrEnd<Options extends object>(read: Read<Options>, usage: string): Options {
  if (read === 'help') {
    console.log(usage);
    process.exit();
  }
  if ('problem' in read) {
    console.error(`error: ${read.problem}.\n\n${usage}`);
    process.exit(64);
  }
  return read;
}
