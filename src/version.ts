// The program's version. It stands here and not only in package.json, so that a program that a bundler made one file of
// has it, too; test/structure compares the two.

export const programVersion = '0.1.0';
