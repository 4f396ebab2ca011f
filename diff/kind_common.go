package diff

// commonWords are English words that often begin a sentence, or stand capitalised in
// a title, and are no names; one string a letter, each word between spaces. They were
// counted in news, encyclopedia and technical texts; forms that [isCommon] finds by
// their endings are left out.
var commonWords = [26]string{
	" abducted abduction ability ablaze able aboard about above absentia absolute abstentions abstract abuse academic " +
		"accept acceptance access accident according account accuse achieve acquisition acres across act action activation " +
		"active activist activity actor actual add addition additional address adjust administration administrative " +
		"administrators adopted adopting adoption adults advance advantages advertisement adviser advisory aerial affect " +
		"after aftermath again against age aged agencies agent aggravated aggression ago agree agreement agriculture ahead " +
		"aid aim aircraft airports airspace airstrike algorithms alias aligned alive all allegations alleged alleging " +
		"alliance allied allies allocate allow almost along alongside already also alternate alternative although always am " +
		"ambassador ambiguous ambush amendment amid amidst ammunition amnesty among amount an analysis and animal annex " +
		"annexation annotations announce announcement annual annulled anonymous another answer anti any anyone anything " +
		"anyway apartment appeal appear appearance appellate application apply appointment appoints approach approval " +
		"approve approximately apps arbitrary architect are area arguing argument arithmetic armed armored arms around " +
		"arrangements array arrest arrival arrived arrives arson art article artificial artillery as ask aspects assailants " +
		"assassinate assassination assault assess assessment asset assign assignment assist assistance associated " +
		"association assume astronomers asylum async asynchronous at athletes atrocities attached attack attempt attending " +
		"attention attribute auction audit author authority authorization authorizes authorizing auto automated automatic " +
		"automatically autonomous autonomy availability available avalanche average avoid awaits award away ",
	" back backend backward bad bail ballistic balloons ban bandit bar bare barrel barrier base baseball baseline basic " +
		"basis basketball batches be bear beating beats became because become been before began begin begun behalf behaves " +
		"behavior behind being believed belonging below benchmark benefit best better between beyond biased bid big " +
		"bilateral billion binary binding bird black blacklist blackout blame blanket blast bloc block blockade blood board " +
		"boat body bodyguards bomb bone book boolean boom border both bound box boy boycott brain branch breach break " +
		"bribery bribes bridge brief bringing brings broadcast broader brother brought budget buffer bug build built builtin " +
		"bulk burial burn burqa burst bus business businessman busy but buy by byte bytecode ",
	" cabinet cache cafe calculate call callable came camp campaign can cancel cancellation cancer candidacy candidate " +
		"cannot canonical capabilities capacity capital caps capsizes captain capture car card care cargo carry cartel case " +
		"cash casualty catch category caught cause cayetanensis cease ceasefire celebrations cells censorship center central " +
		"centre ceremony certain chain chairman chairperson challenge champion change changelog character charge chatbot " +
		"check checkpoints chemical chief child children cholera choose churches circular cities citing citizen civil " +
		"civilian claim clan clarification clarifying clash class classified clause clean clear clearances clergy client " +
		"cliff climate climbers clippy clock close closest closure co coach coal coalition coast coastal cocaine code " +
		"coercion cold collapse collected collide collision colorectal combat combine come comma command comment commerce " +
		"commercial commission commit committee common communication community company compare comparison compatibility " +
		"compatible compelling compensation competing competition compilation compile complaint complete completion complex " +
		"compliance comply components compound comprehensions compute concepts concerning concerns conclude concrete " +
		"concurrent condemning condition conditional conduct config configuration configure confirm confirmation conflict " +
		"congressional connected connection connects consecutive consensus consent consequences conservative consider " +
		"consideration consistency consistent conspiracy constant constituencies constitution constitutional constraints " +
		"construct construction constructors consular consulate consult consultation consumed consumer consumption contact " +
		"container containing contains content context contingent continue continuous contract contractors contradicting " +
		"contribute contributions contributors control controversial controversy convenience conventions conversion convert " +
		"convicted convicting conviction convicts convoy cooling cooperating cooperation coordinated coordinates " +
		"coordination copy core corn coroutine correct correction corruption cost could council councillors councilwoman " +
		"count country coup couple court cover covert crackdown crash crate create creation creative crew cricket crime " +
		"criminal crisis criteria critical criticism cross crowd crude cruise cryptocurrency cultural culture curb curfew " +
		"currency current custody custom cut cyberattack cybercrime cyclone cyclosporiasis ",
	" damage dangerous dark data database date daughter day dead deadliest deadline deal dear death debate debris debt " +
		"debug debut decade deceased decide decision declaration declare decline decree deemed deep default defeat defence " +
		"defending defense deferred define definition defrauded del delay delegate delegation delete deliveries demand " +
		"demarcation demonstration demonstrators denial deny dependency depending depicting deploy deployment deportation " +
		"depot deprecate deprecation deputy derails derive desalination describe description descriptors design designate " +
		"designation despite destroyed destroying destroys destruction detailed details detain detainees detect detection " +
		"detention determine deterministic detonates develop development device diamond diaspora dict dictionary did die " +
		"died diesel difference different differs digital diplomat diplomatic direct director directory disable " +
		"disappearances disappeared disarm disarmament discharged disclosure discover discovery discriminatory discuss " +
		"discussion disease dismantle dismiss dispatch displaced displacement display disproportionate dispute disrupt " +
		"disruption dissidents dissolution dissolve distributed distribution districts distutils diverting divisions do " +
		"docstring doctors document documentation does doesn doing dollar domain domestic don dots double down download " +
		"dozen draft draw drills driven driver drives driving drone drop drought drug due dump duplicate during dynamic " +
		"dynamically ",
	" each earliest early earthquake ease easy ebolavirus eclipse economic economy edit edition editorial education " +
		"effect effective efficiency efficient effort eight eighteen eighth either elect election electoral electrical " +
		"electricity electronic elements eleven eligible eliminate elimination else email embassy embedded embezzlement " +
		"emergency emit employee empty en enable enacts enclave encoding encounter encourage end energy enforce enforcement " +
		"engine enhance ensuing ensure enter entire entities entry enum environment environmental envoy epidemic equal " +
		"equality equipment equivalent error erupt escalation escape escort especially espionage essentially establish " +
		"estimate etc ethnic evacuate evacuation evading evaluate evaluation even event eventually ever every everybody " +
		"everyone everything evidence ex exact examine example exceed except exception exchange exclude exclusion exclusive " +
		"execute execution executive exemptions exercise exile existence existing exit expand expansion expected expects " +
		"expel expensive experience experts explain explanation explicit exploded explodes explosion explosive export expose " +
		"exposure express expression extend extension extensive external extra extract extradited extradition ez ",
	" face facilitate facility fact factbox facto factory fail failure fairly fall false family far farm fast fatal " +
		"fatalities favor fear feature federal fee feedback feet fell fellow felt female ferry festival field fifth fighter " +
		"fighting figure file filename filesystem fill film filter final finalized finance financial find fine finish fire " +
		"firecracker firefighters fireworks firm first fiscal fish fisheries five fix flag flames flash flat fled flee fleet " +
		"flights floating flood floor flow focus foiled follow foo food football for force foreign forgery fork form formal " +
		"format forward found four fourteen fourth fraction framework fraud free freedom freeze frequently frigate from " +
		"front frozen ft fuel full fully function functionality fund funeral further future ",
	" gallon gambling game gang garbage gas gather gender general generate generation generator generic genocide get " +
		"girl give given glide global go goal goes going gold gone good gorge govern governance government governor graft " +
		"grammar grand grants grata greater green grid gross ground group growing growth guarantee guard guided guidelines " +
		"guilty gun gunfire gunman gunmen gunshot ",
	" had half hall halt hand handle hantavirus hard hardware harm has hash hatred have he head headquarters health " +
		"heard hearing heat heatwaves heavy hectares height held helicopter hello help hence her here herself hidden hide " +
		"hideouts high highest highway him himself his historical history hit hold holidays home homicide honor hooks " +
		"hospital hospitalizations hospitalized host hostage hostile hostilities hot hotel hottest hours houses housing how " +
		"however human humanitarian humanity hundreds hunger husband ",
	" ice iceberg ideas identification identify if ignore ill illegal image immediate immigrants immigration immutable " +
		"impact implement implementation implicit implied import important impose imposition imprisoned imprisonment improve " +
		"improvised in inactive inauguration incident inciting include inclusion incorrect increase incumbent incursions " +
		"indeed indefinitely independence independent index indicate indices indict individual industrial industry " +
		"infections inflation influences influenza information informed infrastructure inherit inheritance initial " +
		"initialization initialize initiated initiates initiation initiative injunction injure injuries inline inmates input " +
		"inquiry insecurity insert inside inspired install installation instance instead institutions insurance insurgency " +
		"insurgents integer integration intelligence intended intends intensity inter interact interaction interactive " +
		"intercept interception interface interference interim interior intermediate internal internationally internet " +
		"interoperability interpretation interpreter intervention interview intimidation into intrinsic introduce " +
		"introduction introspection invalid invasion investigate investigation investigators investment investors invocation " +
		"invoke involve involvement irregular irregularities is islamist isolated issue it items iterable iterate iterator " +
		"its itself ",
	" jet join joint journalist journey judge judicial judiciary jumping jumps junta jure jurisdiction jury just justice ",
	" keep key keyword kg kibbutz kick kidnapped kidnapping kill kilometers kind km knockout known ",
	" lack lady lambda land landfall landfill landslide lane language large largest last late latest latter launch " +
		"laundered laundering law lawmaker lawsuit lawyer lay lazy lb lead leadership leak learn least leave led left legacy " +
		"legal legislation legislative legislator legitimate less let lethal lettuce level library licence license " +
		"lieutenant life lifetime lift light like limit limitations line link lint liquefied liquid list literal little live " +
		"llogiq load loan local locate location lock log logical logistical logistics long longest look loop loss lost low " +
		"lowest loyal luxury ",
	" machine macro made magnitude mailing main mainland maintain maintenance major majority make male mall malversation " +
		"man managed management manager mandate mandatory manhunt manually manufacturer manufacturing many map marine " +
		"maritime marked market marking marks married martial mass massacre massive match material maximum maybe mayor " +
		"meaning meanwhile measles measure measurements mechanism medal media mediation mediator medical medics meet member " +
		"membership memorandum memory men mention merge message met meta metadata meteor method metres metropolitan mi mid " +
		"midterm might migrant migrate migration mile militant military militia million mine minerals minibus minimum " +
		"minister ministerial ministry minor minutes mirrors misconduct missile missing mission mistaken misuse mixed mobile " +
		"model modern modification modify module monetary money monitor month moratorium more mosque most mother motivation " +
		"motorcade motorcycle mountaineer mourning move movements much multi multinational multiple municipal municipality " +
		"munitions murder music must mutual my myself ",
	" name namespace narcotics nationals nationwide native natural naval near nearby necessary need negative negligence " +
		"negotiate negotiations neighborhood neighboring neither neo nested network never new newspaper next nightclub " +
		"nightly nine nineteen ninth no nobody node nominated nominates nominations nominee non nonce nor normal " +
		"northeastern northern northwest northwestern not notable notably note nothing notice notifies notwithstanding now " +
		"nuclear number numeric nursing ",
	" object objections oblasts obligations observable observed obtain obviously occupation occupied occupying occur of " +
		"off offences offender offenses offensive office official offline offshore often oil old oligarch omit on once one " +
		"ongoing online only opcode open openness operate operation operational operatives operator opinion opportunity " +
		"opposed opposing opposition opt optimize option optional or order organisation organization organized organizer " +
		"original other otherwise our ourselves ousted out outage outbreak outlines output outside outskirts over overall " +
		"overflow overnight override overthrow overtime overturned overturns own ownership ",
	" package pact pageant palace pandemic paper parallel paramedics parameter paramilitary pardons parentheses parked " +
		"parliament parliamentary parole parse part partial participate particularly partner partnership party pass passage " +
		"passenger passport past patch path patients patriarch patrol pattern pause pay payloads payments peace pedestrians " +
		"peer penalty pending pensions people per percent perf perform performance perhaps period permanent permission " +
		"permit perpetrator persecution persist person persona personal personnel pesos petition petroleum phase photos " +
		"physical pick pilot pipe pipeline place plain plan plane plant platform player please pled plot plugin plunges plus " +
		"pm point police policeman policemen policy political politician politics poll pop population port portable position " +
		"positional positive possibility possible possibly post postponed potential power practical practice pre " +
		"precautionary precise precision prefer preference prefix preliminary premiership prepare presence present preserve " +
		"presidency president presidential pressures presumed pretty prevent preventive previous price priest primary prime " +
		"princes print prior priority prison privacy private pro probably probe problem procedural procedure proceed process " +
		"procurement produce production products professional program programme progress prohibit project projectile promote " +
		"prompting prompts proof proper property proposal propose prosecution prosecutor protect protection protest " +
		"protestors protocol prototype provide provinces provincial provisional provisions pseudo public publish pull " +
		"punishable punishment purchase pure purposes push put ",
	" qualify quality quarantine quarterfinals query question quick quiet quote ",
	" race radar raid rail railway rain rainfall rainforest raise rally rammed ramming rams ran range rank rape rare " +
		"rate rather rationale ravine raw re reach read readability ready reaffirms real reasons rebel recall recaptured " +
		"receive recent recipient reciprocate recognition recognize recommend recommendation reconstruction record recover " +
		"recovery recruited red redirected redistricting reduce reduction refactor refer referees reference referendum " +
		"refinery refining reform refugee refunds refused refuses refusing regain regarding regardless regime region " +
		"regional register registration regressions regular regulate reinstate reject related relation relationship relative " +
		"release relevant reliance relief religious relocates rely remain remarks remember remnants remote removal remove " +
		"rename renew renewal rent reopen reorganize reparations repatriate repel replace replacement report repository " +
		"represent representative request require requirement rescue research reserve reset residence residential residents " +
		"resign resignation resistance resolution resolve resort resource respective respond response responsibility " +
		"responsible rest restaurant restore restrict restriction restructuring result resume resumption retain retaken " +
		"retaliation retaliatory retirement retrieving return revealed revenue reverse revert review revision revive revokes " +
		"reward rewrite rich right ring riot rise risen risk rival road roadmap rockets rocks role rolling rollups roof root " +
		"roughly round route routine row rubble rule run runtime runway rustdoc ",
	" safe safety said sailors sale salt same sanctions sank satellite save say scale scam scandal scene schedule schema " +
		"scheme school schoolchildren scope score screenings script seafarers seal search season seat second secondary " +
		"secret secretary section sector secure security seek seems seen seize seizure select self sell semantic semi " +
		"semiconductor semifinal senator send senior sent sentence separate separatist septic sequence series serious serve " +
		"service session set settlement settler setup seven seventh several severe sex sexual shadow shallow share sharp she " +
		"shell shelter ship shipbuilding shipments shoot shootout shop short shortage shot should show shutdown shuts " +
		"shutting side sidelines sign signal signature significant silence similar simple simplest simplify simply " +
		"simultaneous since single sinking sinks site situation six sixteen sixth size ski skip slice slot small smallest " +
		"smart smoke smuggling snap snowstorm so software solar sold soldier solidarity solution some somebody something " +
		"sometimes son song soon sorry sort sought source southern southwest sovereign sovereignty space spacecraft span " +
		"sparked speaker speaking special specialized species specific specifically specification specify speech speed " +
		"spending spill split spokesperson sponsor sports spread spree spying square stabbing stabilization stabilize stable " +
		"stack staff stage stakes stand standards star start state statement static statically station status stay stdlib " +
		"stdout step still stock stop storage store storm strain stranded strategic strategy streak streaming strengthen " +
		"strict strike string strong struck structure student style sub subclass subject submarine subsequent subsidiaries " +
		"subsidies substantial substation succeeding success successful successive such suffers suggest suggestion suicide " +
		"suitable summary summit summons sunk supply support supremacy surface surpassed surpasses surpassing surprise " +
		"surrendered surrogacy surround surveillance survey survive survivors suspect suspend suspension suspicion sustained " +
		"swap swept switch sworn symbolic symbols symptoms synagogue sync syntax system ",
	" table tag tail take taken talk tampering tank target tariffs task tax taxi teacher team tear technical technology " +
		"teenagers telecommunications television tell temperature template temporary ten tennis tensions tent term terminal " +
		"terminate territorial territory terror terrorism terrorist test testimony text than thank that the their them then " +
		"there therefore thermal these they things think third thirteen this those though thousands thread threat " +
		"threatening threatens three threshold threw through throughout throw thunderstorms thus ticket ties tightens time " +
		"tipping title to today toddler together toll tomorrow tonight tonnes tons too took tooling tools top topic tornado " +
		"torrential torture total tourist tournament toward tower town tracing tracking trade traditional traffic " +
		"traffickers trafficking trail train trait transaction transfer transit transition transitional translation " +
		"transmission transparent transport trapped travel treason treat treatment treaty tree trial tribe triggered " +
		"triggering triggers trillion trip troops tropical truce truck true trust truth try tuna tunnel tuple turn twelve " +
		"twenty two tying type typical ",
	" ultimately ultimatum unable unaccounted unanimously unauthorized unchanged unconstitutional uncontested under " +
		"undergoing underground underlying undermine understanding underwater underway undocumented unharmed unidentified " +
		"union unique unit universal unknown unlawful unless unlike unnamed unofficial unpacking unprecedented unsafe " +
		"unspecified unsportsmanlike unsupported until up upcoming update upgrade upholding upholds upon upper urges usage " +
		"use used useful user using usually utility ",
	" vaccine valid validate validation value vandalism variable variant various vector veered veers vehicle venture " +
		"venue verification verify version very vessel via vice victims victory video viewing vigilante village violate " +
		"violation violence violent virus visa visibility visible visit vote ",
	" wait waiver wake wal walk wall want war warehouses warfare warn warplanes warrant warship was watch water waterway " +
		"wave way we weak weapons weather web website wedding week weekend welcome well were western what whatever when " +
		"whenever where whereas whether which while whilst white whitespace who whole whom whose why widely widespread wife " +
		"wild wildfire win wind windstorm wing with withdraw withdrawal withdrawn within without witness woman women won " +
		"work world worldwide worse worsening worst would wound wrap write written wrong ",
	" ",
	" year yesterday yet yield you your yourself ",
	" zero zone ",
}
