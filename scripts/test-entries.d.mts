export declare function testEntries(
  root: string,
  folder: string,
  tier: 'fast' | 'night' | 'all',
  slow?: readonly string[],
): Promise<readonly string[]>;

export declare function testedBy(entry: string): string;
