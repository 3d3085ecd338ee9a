//! Parts of a rule's page.

use crate::schema::Rule;

impl Rule {
    /// The page's sections in order: heading (without `##`) and text.
    pub fn sections(&self) -> Vec<(&str, &str)> {
        let mut sections: Vec<(&str, usize, usize)> = Vec::new();
        let mut fence: Option<&str> = None;
        let mut at = 0;
        for line in self.page.split_inclusive('\n') {
            let start = at;
            at += line.len();
            match fence {
                Some(open) if line.trim_end() == open => fence = None,
                Some(_) => {}
                None if line.starts_with("```") => {
                    fence = Some(&line[..line.len() - line.trim_start_matches('`').len()])
                }
                None => {
                    if let Some(heading) = line.strip_prefix("## ") {
                        if let Some(last) = sections.last_mut() {
                            last.2 = start;
                        }
                        sections.push((heading.trim(), at, self.page.len()));
                    }
                }
            }
        }
        sections.into_iter().map(|(heading, from, to)| (heading, self.page[from..to].trim())).collect()
    }

    /// The text under a heading, such as `Known problems`.
    pub fn section(&self, heading: &str) -> Option<&str> {
        self.sections().into_iter().find_map(|(name, text)| (name == heading).then_some(text))
    }
}
