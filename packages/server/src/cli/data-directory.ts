/** Where a server keeps its data unless a command is told otherwise. */
export const DATA = '.armature';
