export declare function testEntries(root: string, folder: string, tier: 'fast' | 'all'): Promise<readonly string[]>;
