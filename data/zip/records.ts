/**
 * Record layouts of the zip format, shared by the reader and the writer.
 * Source: PKWARE APPNOTE.TXT 6.3.10, sections 4.3 (records) and 4.5.3 (ZIP64 extra field).
 */

export const LOCAL_HEADER = { signature: 0x04034b50, length: 30 } as const;
export const DATA_DESCRIPTOR = { signature: 0x08074b50 } as const;
export const DIRECTORY_ENTRY = { signature: 0x02014b50, length: 46 } as const;
export const END_OF_DIRECTORY = { signature: 0x06054b50, length: 22 } as const;
export const ZIP64_LOCATOR = { signature: 0x07064b50, length: 20 } as const;
export const ZIP64_END_OF_DIRECTORY = { signature: 0x06064b50, length: 56 } as const;

export const ZIP64_EXTRA_ID = 0x0001;
export const MAX_UINT16 = 0xffff;
export const MAX_UINT32 = 0xffffffff;

export const STORED = 0;
export const DEFLATED = 8;

/** Bit 0: encrypted. Bit 3: sizes and CRC follow the data. Bit 11: names are UTF-8. */
export const FLAG_ENCRYPTED = 0x1;
export const FLAG_DATA_DESCRIPTOR = 0x8;
export const FLAG_UTF8 = 0x800;
