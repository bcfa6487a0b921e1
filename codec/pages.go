package codec

import (
	"regexp"
	"strconv"
)

// AllPages are the Pages of a [Convert] that leaves none out.
const AllPages = "all"

// mostPage is more than a document has.
const mostPage = 1_000_000

var pagesPattern = regexp.MustCompile(`^([1-9][0-9]{0,5})-([1-9][0-9]{0,5})$`)

// PageRange returns the first and the last page that Pages stands for, from 1; 0, 0 if
// it is empty, and 0 as the last if there is no other end than that of the document.
func (c Convert) PageRange() (first, last int) {
	first, last, _ = pageRange(c.Pages)
	return first, last
}

func pageRange(pages string) (first, last int, ok bool) {
	if pages == AllPages {
		return 1, 0, true
	}
	ends := pagesPattern.FindStringSubmatch(pages)
	if ends == nil {
		return 0, 0, false
	}
	first, _ = strconv.Atoi(ends[1]) // the pattern has seen both
	last, _ = strconv.Atoi(ends[2])
	return first, last, true
}

// pages wants one page, or several, of a document.
func (f *faults) pages(page int, pages string) {
	f.between("page", page, 1, mostPage)
	switch first, last, ok := pageRange(pages); {
	case pages == "":
	case !ok || last != 0 && last < first:
		f.add("pages", "%q is not %q and no range such as 2-5", pages, AllPages)
	case page != 0:
		f.add("pages", "does not go with page")
	}
}
