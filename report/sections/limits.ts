/** A rank is a straggler when it takes longer than this times the median (as in Mantri, OSDI 2010). */
export const stragglerFactor = 1.5;

/** Most rows of a table of ranks; the summary file has them all. */
export const mostTableRows = 1000;
