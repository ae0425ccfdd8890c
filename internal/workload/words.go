package workload

import "strings"

// The words of synthetic prompts: common English ones, which every vocabulary
// holds as one token or two.
var (
	determiners  = strings.Fields("the a this that each every our their one another some any")
	openings     = strings.Fields("today yesterday later often sometimes usually here there meanwhile afterwards slowly quickly perhaps however therefore")
	prepositions = strings.Fields("in on under over near behind beside across through against without within after before during around beyond along toward from")
	conjunctions = strings.Fields("and but while because although so until since when")
	adjectives   = strings.Fields(`quiet bright early late small large narrow wide heavy light warm cold dry wet
		simple careful steady sudden distant nearby modern ancient wooden golden silver empty crowded gentle rough smooth
		sharp curious honest patient clever proud humble busy idle fresh faded hidden open broken whole common rare
		formal local foreign public private northern southern eastern western annual daily final former recent
		useful useless certain doubtful tall short deep shallow green blue yellow grey loud silent rapid slow`)
	nouns = strings.Fields(`river mountain garden window market station letter engine bridge teacher doctor farmer
		village harbour forest island valley desert library kitchen workshop office factory school hospital theatre
		museum road street corner table chair lamp mirror clock map book page story poem song picture camera
		telephone radio computer network server cable signal message question answer problem reason method result
		experiment theory number measure weight length distance speed energy water stone metal glass paper cotton
		leather bread butter cheese apple orange onion potato pepper coffee sugar winter summer autumn spring morning
		evening night minute hour week month year century child sister brother neighbour friend stranger visitor
		captain sailor soldier painter writer singer dancer lawyer judge king queen president committee council
		company customer worker manager engineer student professor horse dog bird fish tree flower leaf root seed
		cloud storm wind snow rain sun moon star planet ocean shore wave boat ship train bicycle wheel road ticket
		journey border city capital country language sentence word sound colour shape line circle square corner`)
	verbs = strings.Fields(`finds carries follows leaves meets helps shows builds opens closes moves holds keeps
		brings takes gives sends reads writes draws paints cuts joins breaks mends cleans fills empties warms cools
		watches hears remembers forgets explains describes measures counts weighs compares changes improves protects
		visits crosses enters reaches passes surrounds covers supports divides repeats begins finishes needs wants
		likes trusts teaches asks answers calls invites surprises pleases worries guides chooses replaces returns`)
)
