export declare function makeFolderInMemory(env: NodeJS.ProcessEnv): string | undefined;
