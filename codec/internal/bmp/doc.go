// Package bmp reads BMP pictures: those of Windows with all headers from
// BITMAPCOREHEADER to BITMAPV5HEADER, and those of OS/2. Pixels are numbers of a palette,
// of 1, 2, 4 or 8 bits, which RLE4 and RLE8 may compress, or colours of 16, 24 or 32
// bits, with masks or without.
//
// It follows
// https://learn.microsoft.com/windows/win32/gdi/bitmap-storage,
// https://learn.microsoft.com/windows/win32/api/wingdi/ns-wingdi-bitmapinfoheader,
// https://learn.microsoft.com/windows/win32/api/wingdi/ns-wingdi-bitmapv5header and
// https://learn.microsoft.com/windows/win32/gdi/bitmap-compression.
// golang.org/x/image/bmp reads neither the old headers nor RLE, 16 bits and masks.
package bmp
