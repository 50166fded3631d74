export declare function problemsOf(): string[];
