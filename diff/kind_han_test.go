package diff

import (
	"testing"

	"github.com/stemma-project/stemma/schema"
)

// TestHanNumbers: one number has one value, however it is written.
func TestHanNumbers(t *testing.T) {
	for han, digits := range map[string]string{
		"七": "7", "十": "10", "十二": "12", "二十": "20", "二十五": "25", "一百": "100", "一百零五": "105", "一千二百": "1200", "两千": "2000", "二〇二四": "2024",
		"万": "10000", "三万": "30000", "三万二千": "32000", "十二万": "120000", "一百二十万": "1200000", "一亿": "100000000", "一亿三千万": "130000000",
		"两万亿": "2000000000000", "三千五百億": "350000000000", "〇": "0", "零": "0", "百": "100", "一二三四": "1234",
	} {
		if got, want := hanValue(han), figureValue(digits, true); got != want {
			t.Errorf("%s is %s, want %s, %s", han, got, digits, want)
		}
	}
	for _, s := range []string{"一二三四五六七八九一二三四五六七八九", "九千兆兆兆", "兆兆兆兆兆兆兆兆兆兆兆兆兆兆兆兆"} {
		if got := hanValue(s); got == "" {
			t.Errorf("%s has no value", s)
		}
	}
}

// TestFiguresInEveryScript: what changed is a figure in whatever script it is written,
// and another spelling of the same number is none.
func TestFiguresInEveryScript(t *testing.T) {
	for _, c := range []struct{ language, before, after, want string }{
		{"ar", "مقتل ٢ في عاصفة", "مقتل ٧ في عاصفة", "headline, figure"},
		{"ar", "تضرر ١٬٢٠٠ منزل", "تضرر ١٬٣٠٠ منزل", "headline, figure"},
		{"ar", "تضرر ١٬٢٠٠ منزل", "تضرر 1,200 منزل", "headline, wording"},
		{"fa", "توفان ۲ نفر را کشت", "توفان ۷ نفر را کشت", "headline, figure"},
		{"hi", "तूफान में २ की मौत", "तूफान में ७ की मौत", "headline, figure"},
		{"bn", "ঝড়ে ২ জন নিহত", "ঝড়ে ৭ জন নিহত", "headline, figure"},
		{"th", "พายุคร่า ๒ ศพ", "พายุคร่า ๗ ศพ", "headline, figure"},
		{"my", "လူ ၂ ဦး", "လူ ၇ ဦး", "headline, figure"},
		{"ja", "台風で２人死亡", "台風で７人死亡", "headline, figure"},
		{"ja", "台風で２人死亡", "台風で2人死亡", "headline, wording"},
		{"zh", "风暴造成两人死亡", "风暴造成七人死亡", "headline, figure"},
		{"zh", "风暴造成一人死亡", "风暴造成三人死亡", "headline, figure"},
		{"", "風暴造成二人死亡", "風暴造成十二人死亡", "headline, figure"},
		{"zh", "一千二百间房屋受损", "一千三百间房屋受损", "headline, figure"},
		{"zh", "一千二百间房屋受损", "1200间房屋受损", "headline, wording"},
		{"zh", "损失3万元", "损失三万元", "headline, wording"},
		{"zh", "损失3万元", "损失3亿元", "headline, figure"},
		{"zh", "损失5000万元", "损失5千万元", "headline, wording"},
		{"zh", "二〇二三年的预算", "二〇二四年的预算", "headline, figure"},
		{"ja", "死者は十人に", "死者は二十人に", "headline, figure"},
		{"zh", "两人死亡", "2人死亡", "headline, wording"},
		// Words with a numeral in them are words.
		{"zh", "总理十分满意", "总理满意", "headline, wording"},
		{"zh", "一些人离开了", "人们离开了", "headline, wording"},
		{"zh", "他们一起离开", "他们离开", "headline, wording"},
		{"zh", "他们一起离开七国集团", "他们离开七国集团", "headline, wording"},
	} {
		d := States(&schema.State{Language: c.language, Headline: c.before}, &schema.State{Language: c.language, Headline: c.after}, Options{})
		if got := Summarize(d.Kinds); got != c.want {
			t.Errorf("%s → %s: %s, want %s", c.before, c.after, got, c.want)
		}
	}
}
