/** Folder of the tables of the catalog `main`, beside the catalogs of the volumes: whatever sees the volumes sees the tables, but they are no volume. */
export const tablesName = '.tables';
