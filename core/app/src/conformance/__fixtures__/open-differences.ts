/** Cases whose source is sound and that the local workspace does not fulfil yet. Take an id out with the change that closes it. */
export const openDifferences: readonly string[] = [];
