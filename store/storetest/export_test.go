package storetest

// CheckSome is Check of the clauses whose names begin with a prefix.
var CheckSome = checkSome
