export const plug = 1;
